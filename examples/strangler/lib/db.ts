import { PGlite } from '@electric-sql/pglite'

/** PostgreSQL inside this process. Old and new code import this module and get the same instance. */
export const db = await PGlite.create()

await db.exec(`
  create table products (
    id integer generated always as identity primary key,
    name text not null,
    cents integer not null check (cents >= 0),
    stock integer not null default 0 check (stock >= 0)
  );
  create table customers (
    id integer generated always as identity primary key,
    name text not null,
    token_hash bytea not null unique
  );
  create table orders (
    id integer generated always as identity primary key,
    customer integer not null references customers,
    product integer not null references products,
    quantity integer not null check (quantity > 0),
    status text not null default 'open' check (status in ('open', 'shipped', 'cancelled'))
  );
  create table flags (name text primary key, percent integer not null check (percent between 0 and 100));

  insert into products (name, cents, stock) values ('Lamp', 3000, 10), ('Chair', 8000, 4), ('Table', 25000, 0);
  insert into customers (name, token_hash) values ('Ada', sha256('ada-token')), ('Grace', sha256('grace-token'));
  insert into orders (customer, product, quantity, status) values (1, 1, 2, 'shipped'), (1, 2, 1, 'open'), (2, 1, 1, 'open');
  insert into flags values ('read-order', 50), ('place-order', 0);
`)
