"""Interpreting units of a transformer's MLP: what makes them fire, what they say, what they do (lesson 09).
Read the modules in this order:

proxies    "is this text of that type?" as a number computed from the text
predicates hundreds of statements about a token and what stands before it, made without labels
comparing  units of one code against another's, the codes that nobody trained, what the token cannot tell
blind      scoring units without knowing which they are
splitting  what one latent becomes in a wider dictionary; layout draws a map of directions
absorption tokens on which the latent of a class falls silent
matching   do two dictionaries hold the same latents?
measures   correlation, sensitivity and specificity of a unit with a property of tokens; groups it serves
probe      a logistic regression on the neurons, for who has labels
effects    logit weights, ablation, pinning
text       tokens as text that is safe to show
dashboard  a page about one latent, as HTML
circuits   a latent taken apart; tables of virtual weights, and who fires next (lesson 11)
automata   pins on one token, with controls
interference  which virtual weights do anything, and whether they help
explanations  rules as explanations, and their scores
explained  the tables of lesson 11
explainer  any endpoint as the explainer
share_map  base64 made more frequent and more important: lesson 12's map
auditing   detectors by the number of labels, and the places to try them (lesson 12)
planted    a trigger that a transformer has learnt, and the hunt for it
smollm2    the tables of lesson 13; smollm2_effects those of what a latent does

Everything is found by module.
"""
