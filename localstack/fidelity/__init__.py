"""MiniStack with the gaps closed that Signalbox's promises stand on.

Started as `python -I localstack/fidelity`. One behaviour per file, `<area>/<behaviour>.py`; each says
what AWS does, what stock MiniStack does, which attributes it relies on (`NEEDS`), and replaces them
(`install`). See `frame/` for the rules, `registry.py` for the list.
"""
