// Whom an address belongs to, as far as it can be told: one line has a whole /64 of IPv6. https://www.rfc-editor.org/rfc/rfc6177
import ipaddr from 'ipaddr.js'

/** Returns an IPv4 address as it is, within IPv6 too, and of any other IPv6 address the first 64 bits; other text as it is. */
export function toNetwork(address: string): string {
  // A zone tells a link of this machine apart, not who sends.
  const bare = address.replace(/%.*$/, '')
  if (!bare.includes(':') || !ipaddr.isValid(bare)) return address
  const parsed = ipaddr.process(bare)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const { parts } = parsed as ipaddr.IPv6
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}
