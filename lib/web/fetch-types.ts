/**
 * The Fetch types, taken from the classes themselves: their names are declared by the DOM library in some projects, and
 * in others, that have Node.js's types alone, by nobody.
 */
export type BodyInit = NonNullable<ConstructorParameters<typeof Response>[0]>
export type RequestInfo = ConstructorParameters<typeof Request>[0]
export type ResponseType = Response['type']
export type HeadersInit = ConstructorParameters<typeof Headers>[0]
