"""A game in lesson 07, modelled on the paper's study with people: which of two pictures is the fake?"""
