"""Given names, and short forms of them: what shows that an answer is a person, and that two may be one."""

from __future__ import annotations

__all__ = ["GIVEN", "one_name"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


GIVEN = _set(
    """
    aaron abigail abraham adam adele adolf adrian agatha agnes al alan albert aldous alec alejandro alex alexander
    alexandra alexis alfred alfonso alice alison allan allen amanda amelia amy andre andrea andrew andy angela angelina
    anita ann anna anne annie anthony antoine anton antonio april arnold arthur audrey august barack barbara barry bart
    beatrice ben benedict benjamin bernard bernie bertrand beth betty beverly bill billy bob bobby bonnie boris brad
    bradley brandon brenda brian britney bruce bryan buddy calvin cameron carl carlos carmen carol caroline carolyn
    catherine cecil celine chad charles charlie charlotte cheryl chester chloe chris christian christina christine
    christopher cindy claire clara clarence clark claude claudia clement clifford clint clive clyde colin connie
    constance corey craig curtis cynthia cyril daisy dan daniel danielle danny darren dave david dawn dean deborah
    debbie demi denis denise dennis derek desmond diana diane dick diego dirk dolly dominic don donald donna doris
    dorothy doug douglas duncan dustin dwight dylan ed eddie edgar edith edmund edward edwin eileen elaine eleanor
    elena elijah elizabeth ella ellen ellie elliot elton elvis emil emile emily emma eric erica erik ernest ernst erwin
    ethan ethel eugene eva evan evelyn ewan felix ferdinand fernando fiona florence floyd frances francis francisco
    francois frank franklin franz fred freddie frederic frederick fritz friedrich gabriel gareth gary gavin gene
    geoffrey george georgia gerald gerard gertrude gianni gilbert gina giovanni giuseppe glen glenn gloria gordon grace
    graham greg gregory greta gustav guy hannah hans harold harriet harrison harry harvey hazel heather heidi heinrich
    helen helena henri henrik henry herbert herman hilary hillary holly homer horace howard hugh hugo humphrey ian ida
    igor ingrid irene iris irving isaac isabel isabella ivan jack jackie jacob jacqueline jacques jake james jamie jan
    jane janet jason jasper javier jay jean jeff jeffrey jennifer jenny jeremy jerome jerry jesse jessica jill jim
    jimmy joan joanna joanne joe joel johann johannes john johnny jon jonathan jorge jose joseph josephine joshua joy
    joyce juan judith judy jules julia julian julie juliet julius justin karen karl kate katharine katherine kathleen
    kathryn kathy katie keanu keith kelly ken kenneth kenny kevin kim kirk kirsten kristen kurt kyle larry lars laura
    lauren laurence lawrence leah leo leon leonard leonardo leroy leslie lewis liam lillian lily linda lindsay lionel
    lisa liz lloyd lois lorraine louis louisa louise lucas lucille lucy ludwig luigi luis luke luther lydia lyndon lynn
    mabel mackenzie madeleine malcolm manuel marc marcel marco marcus margaret maria marian marie marilyn mario marion
    mark marlene marlon marsha martha martin marvin mary mathew matilda matt matthew maureen maurice max maxwell may
    meghan mel melanie melissa meryl mia michael michel michelle mick mickey miguel mike mikhail mildred miles milton
    miranda mitchell molly monica morgan morris muriel nancy naomi natalie natasha nathan nathaniel neil nelson nicholas
    nick nicola nicole nigel nikita nikolai nina noah noel nora norma norman oliver olivia olga omar orlando oscar
    oswald otto owen pablo pamela patricia patrick patti paul paula pauline pedro peggy penelope penny percy pete peter
    phil philip philippa philippe phillip phoebe phyllis pierce pierre priscilla quentin rachel ralph ramon randy raoul
    raphael ray raymond rebecca reginald rene renee rex richard rick ricky rita rob robert roberto robin roderick
    rodney roger roland roman ron ronald ronnie rory rosa rosalind rosemary ross roy rudolf rudolph rudyard rufus rupert
    russell ruth ryan sally salvador sam samantha samuel sandra sara sarah scott sean sebastian serena sergei seth
    shane shannon sharon shaun sheila sheldon shirley sidney sigmund silvio simon simone sofia sonia sophia sophie
    spencer stan stanley stefan stella stephanie stephen steve steven stewart stuart sue susan suzanne sven sydney
    sylvester sylvia tara ted terence teresa terry tessa thelma theodore theresa thomas tim timothy tina toby todd tom
    tommy tony tracy trevor truman tyler ulysses uma umberto una ursula valentina valerie vanessa venus vera vernon
    veronica victor victoria vincent viola violet virginia vivian vivien vladimir wallace walt walter wanda warren
    wayne wendy wesley wilfred wilhelm will william willie wilson winifred winston wolfgang woodrow woody yvonne zachary
    """
)
_FORMS = (
    *("william bill billy will willie wilhelm guillaume guillermo", "robert bob bobby rob roberto bert"),
    *(
        "richard dick rick ricky",
        "james jim jimmy jamie jacques jacob",
        "john jack johnny jon johann johannes jan juan",
    ),
    *("john jean giovanni ivan ian sean evan hans", "edward ted ned eddie ed", "elizabeth liz beth betty bess eliza"),
    *(
        "elizabeth isabel isabella lisa elsie",
        "margaret peggy maggie meg greta rita",
        "henry harry hank henri heinrich",
    ),
    *("charles chuck charlie carl karl carlos", "michael mike mick mickey michel mikhail miguel", "anthony tony"),
    *("anthony antonio anton antoine", "theodore ted teddy", "francis frank francisco francois franz franklin"),
    *("frederick fred freddie frederic friedrich fritz", "katherine catherine kate kathy katie katharine kathryn"),
    *("mary molly polly maria marie may", "sarah sally sara", "helen nell ellen elena helena eleanor", "eugene gene"),
    *("alexander alex sandy sasha alec alejandro", "lawrence larry laurence lars", "albert bert al", "joseph joe jose"),
    *("joseph giuseppe", "samuel sam sammy", "thomas tom tommy", "gerald jerry gerard", "jeremiah jeremy jerry"),
    *(
        "andrew drew andy andre",
        "nicholas nick nikolai",
        "christopher kit chris christian",
        "anne ann anna nancy annie",
    ),
    *("martha patty", "dorothy dot dolly", "leonard len leo leon leonardo lionel", "ronald ron ronnie", "donald don"),
    *("abraham abe", "abigail abby", "daniel dan danny", "david dave", "philip phil philippe phillip"),
    *("peter pete pierre pedro", "paul pablo paula", "stephen steve steven stefan", "patricia pat patti patty tricia"),
    *("patrick pat paddy", "matthew matt", "benjamin ben", "raymond ray", "vincent vin", "victoria vicky"),
    *("jacqueline jackie", "susan sue susanna", "deborah debbie", "rebecca becky", "jennifer jenny", "judith judy"),
    *("kenneth ken kenny", "gregory greg", "timothy tim", "douglas doug", "jeffrey jeff geoffrey", "louis luis lewis"),
    *("ludwig louis luigi lou", "george jorge georg", "walter walt wally", "bernard bernie", "julius jules julian"),
    *("cecilia celia", "reginald reg rex", "sidney sydney sid", "virginia ginny ginger", "harold harry hal"),
)
_CLOSE = frozenset((x, y) for line in _FORMS for x in line.split() for y in line.split())


def one_name(x: str, y: str) -> bool:
    """Whether two given names may be one, in a short form or another language.

    Example:
        >>> one_name("bill", "william"), one_name("franz", "francis"), one_name("james", "rupert")
        (True, True, False)
    """
    return x == y or (x, y) in _CLOSE
