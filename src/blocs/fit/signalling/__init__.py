"""The signalling model of crises: a challenge reveals something of the challenger's private information.

Lewis & Schultz (2003); estimators of Crisman-Cox & Gibilisco (2021). See `blocs.fit.signalling.outcomes` for the game.
"""
