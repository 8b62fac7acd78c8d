"""The doctor: step by step the way of a message, until the step is found where mail does not go on.

It looks with the very pieces that send, and sends nothing unless it is asked to. Each file of ``steps/`` is a step.
"""
