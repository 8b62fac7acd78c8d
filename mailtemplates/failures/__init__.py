"""What a refusal of a mail server or an error of a mail program means: a table of failures, and who looks in it.

The table is data: a file of rows for each step of a delivery (``rows/``) and the reply codes (``codes.json``).
"""
