"""SCIM 1.1 (the drafts of July 2012, core schema and REST API) as another way to say what SCIM 2.0 says.

The engine and the store know SCIM 2.0 only; these functions turn requests of 1.1 into those of 2.0 and
answers of 2.0 into those of 1.1.  All of them return new objects and leave what they are given as it is.
"Schema" and "API" in the docstrings of this package are the two drafts.
"""
