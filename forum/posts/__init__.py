"""Posts: insertion, held posts, hiding, screening, pages of posts, and redirects of moved posts.

insertion: the statement that gives new posts their number and their path and logs them.
path, segment: the position of a post in the tree, and one level of it (tree_path).
held post, held edit: a post or a new text that waits for a moderator's approval.
release: publish a held post with the next number of its topic.
outcome: what a held post or edit became: approved, rejected or withdrawn.
screening verdict: what the rules decided about a text: hold it or publish and report it.
former place: the number that a moved post had; merge target: the topic that a topic was merged into.
"""
