"""Summary views: standing summaries over groups of memories.

views        definitions, runs and reads on behalf of callers
runs         run of a view's job: every group, or those that changed
writing      summary of one group
refresh      continuous views: notices changed memories, and schedules jobs for them

What a view is stands in `domain.views`, its records in `store.views`, and its memories in
`store.sources`.
"""
