"""Gates: content, evidence and policy in, findings out. Pure over bytes and frames; recording is the engine's."""
