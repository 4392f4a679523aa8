"""The `kfm` command: what it prints, with which exit code it ends, and what it leaves behind."""
