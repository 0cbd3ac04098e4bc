// The X.509 library registers its classes through decorators and wants this first.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { MusterError } from '../../infra/errors.ts'
import type { CertificateSigner, SignedCertificate } from '../../ports.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 24 * 60 * 60 * 1000
const CA_DAYS = 20 * 365
const LEAF_DAYS = 5 * 365
/** Name the agents check, whatever address they dial. */
export const GATEWAY_NAME = 'muster-gateway'

/** The plane's own certificate authority: made at the first start, kept in the data directory. */
export class CertificateAuthority implements CertificateSigner {
  readonly certificatePem: string
  /** Base64url SHA-256 of the certificate; part of each enrolment code. */
  readonly fingerprint: string
  /** PEM of the gateway's own key and of its certificate with the CA's behind it. */
  readonly server: { readonly key: string; readonly chain: string }
  readonly #certificate: X509Certificate
  readonly #key: webcrypto.CryptoKey

  private constructor(parts: {
    certificate: X509Certificate
    key: webcrypto.CryptoKey
    fingerprint: string
    server: { key: string; chain: string }
  }) {
    this.#certificate = parts.certificate
    this.#key = parts.key
    this.certificatePem = parts.certificate.toString('pem')
    this.fingerprint = parts.fingerprint
    this.server = parts.server
  }

  /** Loads the authority of a directory, or makes it. */
  static async open(directory: string): Promise<CertificateAuthority> {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const { certificate, key } = await loadOrMake(directory)
    const fingerprint = Buffer.from(await certificate.getThumbprint('SHA-256')).toString('base64url')
    const server = await serverCertificate(certificate, key)
    return new CertificateAuthority({ certificate, key, fingerprint, server })
  }

  /** Signs a device's request. Throws INVALID_REQUEST for one that is malformed or not signed by its own key. */
  async signDevice(csrPem: string, deviceId: number): Promise<SignedCertificate> {
    const csr = await parseCsr(csrPem)
    const certificate = await X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject: `CN=device-${deviceId}`,
      issuer: this.#certificate.subject,
      ...validity(LEAF_DAYS),
      publicKey: csr.publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      ],
    })
    return { certificatePem: certificate.toString('pem'), serial: normalSerial(certificate.serialNumber) }
  }
}

/** Serials as Node's TLS shows them: upper case, without leading zeros. */
export const normalSerial = (serial: string): string => serial.toUpperCase().replace(/^0+/, '')

async function parseCsr(pem: string): Promise<Pkcs10CertificateRequest> {
  const refusal = 'csrPem: is not a certificate request signed by its own key; make a new one'
  try {
    const csr = new Pkcs10CertificateRequest(pem)
    if (await csr.verify()) return csr
  } catch (error) {
    throw new MusterError('INVALID_REQUEST', refusal, { cause: error })
  }
  throw new MusterError('INVALID_REQUEST', refusal)
}

async function loadOrMake(directory: string): Promise<{ certificate: X509Certificate; key: webcrypto.CryptoKey }> {
  const keyFile = join(directory, 'ca-key.pem')
  const certificateFile = join(directory, 'ca.pem')
  if (existsSync(keyFile) && existsSync(certificateFile)) {
    const [der] = PemConverter.decode(readFileSync(keyFile, 'utf8'))
    if (!der)
      throw new Error(`${keyFile} holds no key; restore it from a backup, or every device has to be enrolled anew`)
    const key = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
    return { certificate: new X509Certificate(readFileSync(certificateFile, 'utf8')), key }
  }
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: 'CN=Muster CA',
    ...validity(CA_DAYS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  })
  writeWhole(keyFile, PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'))
  writeWhole(certificateFile, certificate.toString('pem'))
  return { certificate, key: keys.privateKey }
}

/** The gateway's own certificate lives as long as the process: only the authority has to last. */
async function serverCertificate(
  ca: X509Certificate,
  key: webcrypto.CryptoKey,
): Promise<{ key: string; chain: string }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: `CN=${GATEWAY_NAME}`,
    issuer: ca.subject,
    ...validity(LEAF_DAYS),
    publicKey: keys.publicKey,
    signingKey: key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: GATEWAY_NAME },
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  })
  const pem = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { key: pem, chain: `${certificate.toString('pem')}\n${ca.toString('pem')}\n` }
}

function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.part`, text, { mode: 0o600 })
  renameSync(`${file}.part`, file)
}

/** A clock that is a little behind must not refuse a fresh certificate. */
const validity = (days: number) => ({
  notBefore: new Date(Date.now() - DAY_MS),
  notAfter: new Date(Date.now() + days * DAY_MS),
})

/** Positive and without leading zero, so that every library writes it the same. */
function randomSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}
