"""Do the graders of mathematical answers know a right answer in any form, and a wrong one?"""
