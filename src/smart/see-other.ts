// On to another page. https://www.rfc-editor.org/rfc/rfc9110#section-15.4.4
import type { FastifyReply } from 'fastify'

/** Sends the browser on by GET; nobody keeps the answer, and where it leads is not told where from. */
export function seeOther(reply: FastifyReply, location: string): FastifyReply {
  return reply
    .status(303)
    .headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .send()
}
