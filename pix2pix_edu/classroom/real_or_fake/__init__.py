"""The game of lesson 07, after the paper's human study: which of two pictures is the fake?"""
