"""The scribe: a process that records beside a server whose connections have work at the same time.

The server hands it the recorder with all that this has learned, and then each exchange before its answer
leaves; an answer waits until the scribe says that its exchange is in the file.
"""
