"""One module, one vendor. Plain values in, plain values out; nothing here knows our tables."""
