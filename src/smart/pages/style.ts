// How an app should look beside the pages of this server. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#styling
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { SmartContext } from '../context.ts'
import type { SmartUrls } from '../urls.ts'

const STYLE = JSON.stringify({
  color_background: '#f7f9fa',
  color_error: '#a3261b',
  color_highlight: '#0b5c6b',
  color_modal_backdrop: '#102027',
  color_success: '#1d6b3a',
  color_text: '#16242a',
  dim_border_radius: '8px',
  dim_font_size: '16px',
  dim_spacing_size: '16px',
  font_family_body: "system-ui, 'Noto Sans JP', sans-serif",
  font_family_heading: "system-ui, 'Noto Sans JP', sans-serif",
})

/** New contents have a new address: apps may keep what they have fetched for ever. */
const NAME = createHash('sha256').update(STYLE).digest('hex').slice(0, 16)

/** Returns the value of `smart_style_url`. */
export function toStyleUrl({ issuer }: SmartUrls): string {
  return `${issuer}/style/${NAME}.json`
}

/** Serves the style; open to every origin. */
export function registerStyle(app: FastifyInstance, { urls }: SmartContext): void {
  app.get(`${urls.rootPath}/auth/style/${NAME}.json`, (_request, reply) =>
    reply
      .headers({ 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=31536000, immutable' })
      .type('application/json')
      .send(STYLE),
  )
}
