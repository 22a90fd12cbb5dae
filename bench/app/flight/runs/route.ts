import { revalidatePath } from 'next/cache'
import { count } from '../count.ts'

export async function GET () {
  return Response.json(count)
}

export async function DELETE () {
  revalidatePath('/flight')
  return new Response(null, { status: 204 })
}
