-- A view of the queue is kept as a search is; `q` is then the dashboard's address without its path.
ALTER TABLE searches ADD COLUMN page TEXT NOT NULL DEFAULT 'search';
