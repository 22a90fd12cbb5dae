import { headers } from 'next/headers'
import { NextResponse } from 'next/server'
import Stripe from 'stripe'

const stripe = new Stripe('sk_test_123')

export async function POST (req: Request) {
  const body = await req.text()
  const signature = (await headers()).get('stripe-signature')
  let event: Stripe.Event
  try {
    event = stripe.webhooks.constructEvent(body, signature!, 'whsec_test')
  } catch (error) {
    return NextResponse.json({ error: (error as Error).constructor.name }, { status: 400 })
  }
  return NextResponse.json({ received: event.type })
}
