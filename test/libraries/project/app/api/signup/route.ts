import { NextResponse } from 'next/server'
import { z } from 'zod'
import { zfd } from 'zod-form-data'

const schema = zfd.formData({
  name: zfd.text(),
  age: zfd.numeric(z.number().min(18)),
  terms: zfd.checkbox(),
  hobbies: zfd.repeatable(z.array(zfd.text())),
  photo: zfd.file(z.instanceof(File).optional())
})

export async function POST (request: Request) {
  const parsed = schema.safeParse(await request.formData())
  if (!parsed.success) return NextResponse.json({ errors: z.flattenError(parsed.error).fieldErrors }, { status: 422 })
  const { photo, ...rest } = parsed.data
  return NextResponse.json({ ...rest, photo: photo && { name: photo.name, type: photo.type, text: await photo.text() } })
}
