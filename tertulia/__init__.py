"""The composition root: the only package that imports all capabilities, and joins them into a running service.

- settings: everything that can be set in the environment
- context (`AppContext`): the objects with a life cycle of one web process, such as database, bus and hub
- worker: runs event handlers, scheduled jobs and cleanups, joined from the capabilities
- community: the file that describes a community: its sectors, lists of terms, trust levels
- mail transport: sends e-mails by SMTP, or stores them in a folder
- personal data: what is kept about a member, and its export
- supervisor: the process that starts several web processes and restarts those that end
"""
