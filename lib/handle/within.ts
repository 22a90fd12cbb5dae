/** What a promise gives; undefined where it takes longer. */
export async function within<T> (milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => { timer = setTimeout(() => { resolve(undefined) }, Math.max(0, milliseconds)) })
  return await Promise.race([promise, late]).finally(() => { clearTimeout(timer) })
}
