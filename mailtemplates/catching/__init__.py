"""Catching: a mail server of this machine that delivers nothing, and misbehaves when it is asked to."""
