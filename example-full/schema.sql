-- The release task runs this once for each version, before any host switches.
CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, shipped boolean NOT NULL DEFAULT false);
