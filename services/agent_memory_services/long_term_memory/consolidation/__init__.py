"""One owner's facts said once: paraphrases merge, newer values end older ones."""
