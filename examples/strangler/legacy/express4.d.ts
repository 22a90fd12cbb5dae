/** Express 4 by another name, since the project's tests have Express 5, too. What is used of it has the types of 5. */
declare module 'express4' {
  export { default } from 'express'
}
