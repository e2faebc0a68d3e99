// Addresses of the open internet, as against ours, the machine's own and those of special use. https://www.iana.org/assignments/iana-ipv4-special-registry
import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import ipaddr from 'ipaddr.js'

type Answer = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/** Global unicast: what lies outside of it is of special use, or of none yet. https://www.rfc-editor.org/rfc/rfc4291#section-2.4 */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** True for an IP address (in brackets or not) that anybody on the internet can reach; an IPv4 address within IPv6 counts as itself. */
export function isPublicAddress(text: string): boolean {
  const bare = text.replace(/^\[|\]$/g, '')
  if (!ipaddr.isValid(bare)) return false
  const address = ipaddr.process(bare)
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(GLOBAL_UNICAST)
}

/** A name leads to an address that is not public. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError'
}

/**
 * Returns a `lookup` for a connection: every address of the name must be public, and the connection goes to the addresses that
 * were checked, not to those of a second answer.
 */
export function createLookup() {
  return (hostname: string, options: LookupOptions, callback: Answer): void => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      const [first] = addresses
      if (!first || addresses.some(({ address }) => !isPublicAddress(address)))
        return callback(new PrivateAddressError('The name leads to an address that is not public'), [])
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}
