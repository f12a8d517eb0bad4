"""Summary views: standing summaries over groups of memories.

identity    who a view is, and which group a partition stands for
definition  what a caller may define, and what a change of it means
store       definitions and partitions, each change one atomic step
sources     the memories of a view, over long-term memory's contract
writing     one group's memories as one summary
runs        the work of a job: every group, or those that changed
refresh     continuous views: noticing what changed, and scheduling jobs for it
views       the callers' side
erasure     what is left of a user here, and its end
servicer    the contract's calls
"""
