"""Static strategic models: small games in which two options stand at every node, and bargaining by ultimatum.

Signorino (1999, 2003); Ramsay & Signorino (2009); Kenkel & Signorino (2014).
"""
