import { PGlite } from '@electric-sql/pglite'

/**
 * PostgreSQL inside this process, in memory. The server and the route files import this module and get the same
 * instance: what a legacy route writes, a route file reads.
 */
export const db = await PGlite.create()

await db.exec(`
  create table notes (
    id integer generated always as identity primary key,
    title text not null,
    body text not null default '',
    created timestamptz not null default now()
  );
  create table files (path text primary key, type text not null, content bytea not null);
  create table events (id text primary key, kind text not null);
  create table users (name text not null, token_hash bytea not null unique);

  insert into notes (title, body) values
    ('Welcome', 'These notes live in PostgreSQL, inside the server process.'),
    ('Route files', 'Each path of this API is a route.ts in the app directory.'),
    ('Old routes stay', 'What the server had before keeps working beside them: <legacy> & new.');
  insert into files values ('docs/hello.txt', 'text/plain', 'Hello from a file.');
  insert into users values ('Ada', sha256('demo-token'));
`)
