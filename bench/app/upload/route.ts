export async function POST (request: Request) {
  const form = await request.formData()
  const file = form.get('file') as File
  const bytes = await file.arrayBuffer()
  return Response.json({ title: form.get('title'), name: file.name, size: bytes.byteLength })
}
