import { createHash, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { credentials, Metadata, status, type ChannelOptions, type ServiceError } from '@grpc/grpc-js'
import { AgentServiceClient, type DeviceInfo, type EnrollResponse } from '@muster/proto'
import { ConfigurationError } from './agent-error.ts'
import { makeDirectory, replaceFile } from './durable-file.ts'

/** The gateway's certificate carries this name, whatever address it is dialled at. */
export const GATEWAY_NAME = 'muster-gateway'
const LIMIT_MS = 15_000

/** Who this agent is, and whom it trusts. PEM texts. */
export interface Identity {
  readonly deviceId: number
  readonly key: string
  readonly certificate: string
  readonly ca: string
}

export interface EnrolOptions {
  /** Where the identity is kept. */
  readonly directory: string
  /** From `POST /devices/enrolment-codes`; good once. */
  readonly code: string
  /** host:port of the gateway. */
  readonly address: string
  readonly device: DeviceInfo
}

/** The identity of a directory, or undefined when there is none yet. */
export function loadIdentity(directory: string): Identity | undefined {
  if (!existsSync(join(directory, 'device.json'))) return undefined
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8')
  const { deviceId } = JSON.parse(read('device.json')) as { deviceId: number }
  return { deviceId, key: read('key.pem'), certificate: read('cert.pem'), ca: read('ca.pem') }
}

/**
 * Becomes a device: makes the key pair here, checks that the gateway is the one the code names, and has the key signed.
 * The private key never leaves the directory. Throws with the remedy when the code or the gateway is not right.
 */
export async function enrol(options: EnrolOptions): Promise<Identity> {
  const [secret, fingerprint] = options.code.split('.')
  if (!secret || !fingerprint)
    throw new ConfigurationError('enrolment code: is incomplete; copy all of it, with the part behind the dot')
  const ca = await trustedCa(options.address, fingerprint)
  // Needed once in a device's life, and the library behind it is a good part of all the code an agent would load.
  const { keyAndRequest } = await import('./certificate-request.ts')
  const { key, csr } = await keyAndRequest()
  const answer = await callEnroll(options, ca, csr)
  const identity = { deviceId: answer.deviceId, key, certificate: answer.certificatePem, ca }
  const write = async (file: string, text: string): Promise<void> =>
    await replaceFile(join(options.directory, file), text)
  await makeDirectory(options.directory)
  await write('key.pem', identity.key)
  await write('cert.pem', identity.certificate)
  await write('ca.pem', identity.ca)
  // Last: its presence says that the others are whole.
  await write('device.json', JSON.stringify({ deviceId: identity.deviceId }))
  return identity
}

/** Channel settings every call to the gateway uses. */
export const channelOptions = (): ChannelOptions => ({
  'grpc.ssl_target_name_override': GATEWAY_NAME,
  'grpc.default_authority': GATEWAY_NAME,
  // A stream cannot be retried, so keeping its messages for that would only cost memory.
  'grpc.enable_retries': 0,
  'grpc.per_rpc_retry_buffer_size': 1024,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_receive_message_length': 8 * 1024 * 1024,
})

/** A client that proves its identity with its certificate. */
export function clientFor(address: string, identity: Identity): AgentServiceClient {
  const { ca, key, certificate } = identity
  const secure = credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(certificate))
  return new AgentServiceClient(address, secure, channelOptions())
}

/** Looks at the gateway's chain before anything secret is said. Answers the CA's PEM. */
async function trustedCa(address: string, fingerprint: string): Promise<string> {
  const [host, port] = splitAddress(address)
  const chain = await new Promise<Buffer[]>((resolve, reject) => {
    // Whom to trust is what is being found out, so the chain is compared with the code's fingerprint by hand.
    const socket = connect({
      host,
      port: Number(port),
      servername: GATEWAY_NAME,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    })
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error('the gateway does not answer')))
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      resolve(certificatesOf(socket.getPeerCertificate(true)))
      socket.destroy()
    })
  })
  const found = chain.find((der) => createHash('sha256').update(der).digest('base64url') === fingerprint)
  if (!found)
    throw new ConfigurationError(
      `the server at ${address} is not the control plane that made this enrolment code; check the address`,
    )
  return new X509Certificate(found).toString()
}

function certificatesOf(leaf: DetailedPeerCertificate): Buffer[] {
  const chain: Buffer[] = []
  for (
    let one: DetailedPeerCertificate | undefined = leaf;
    one?.raw && chain.length < 10;
    one = one.issuerCertificate
  ) {
    if (chain.some((seen) => seen.equals(one?.raw ?? Buffer.alloc(0)))) break
    chain.push(one.raw)
  }
  return chain
}

async function callEnroll(
  { address, code, device }: EnrolOptions,
  ca: string,
  csrPem: string,
): Promise<EnrollResponse> {
  const client = new AgentServiceClient(address, credentials.createSsl(Buffer.from(ca)), channelOptions())
  try {
    return await new Promise((resolve, reject) => {
      client.enroll({ code, csrPem, device }, new Metadata(), { deadline: Date.now() + LIMIT_MS }, (error, response) =>
        error ? reject(enrolmentError(error)) : resolve(response),
      )
    })
  } finally {
    client.close()
  }
}

/** What the plane refuses once it refuses again; whether it can be reached may change. */
const REFUSALS: readonly status[] = [status.UNAUTHENTICATED, status.PERMISSION_DENIED, status.INVALID_ARGUMENT]

function enrolmentError(error: ServiceError): Error {
  const Kind = REFUSALS.includes(error.code) ? ConfigurationError : Error
  return new Kind(`enrolment failed: ${error.details || error.message}`, { cause: error })
}

function splitAddress(address: string): [string, string] {
  const at = address.lastIndexOf(':')
  if (at <= 0) throw new ConfigurationError(`gateway address "${address}": write it as host:port`)
  return [address.slice(0, at).replace(/^\[|\]$/g, ''), address.slice(at + 1)]
}
