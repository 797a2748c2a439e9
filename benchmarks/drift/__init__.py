"""Does the drift monitor raise false alarms as rarely as it was asked to, and how soon does it find a shift?"""
