import { Metadata, status, type handleBidiStreamingCall, type ServiceError } from '@grpc/grpc-js'
import type { AgentServiceServer, ConnectRequest, ConnectResponse } from '@muster/proto'
import type { Logger } from 'pino'
import { MusterError } from '../../infra/errors.ts'
import { normalSerial } from './ca.ts'
import type { Evidence } from '../../fleet/commands/evidence.ts'
import type { Enrolment } from '../../fleet/devices/enrolment.ts'
import { sendMaterial, type MediaDeps } from './media.ts'
import { endWithStatus, type SessionStream } from './session.ts'

export interface AgentServiceDeps extends MediaDeps {
  readonly log: Logger
  readonly enrolment: Enrolment
  readonly evidence: Pick<Evidence, 'keep'>
  /** Serves one stream until it ends. */
  serve(stream: SessionStream, identity: PeerIdentity): void
}

/** Who a certificate speaks for. */
export interface PeerIdentity {
  readonly deviceId: number
  readonly serial: string
}

/** The gRPC service, mapped to plain functions. */
export function agentService(deps: AgentServiceDeps): AgentServiceServer {
  const connect: handleBidiStreamingCall<ConnectRequest, ConnectResponse> = (stream) => {
    const peer = peerOf(stream)
    if (peer) deps.serve(stream, peer)
    else endWithStatus(stream, noCertificate())
  }
  return {
    enroll: (call, callback) => {
      deps.enrolment.enrol(call.request).then(
        (response) => callback(null, response),
        (error: unknown) => callback(serviceError(error, deps.log)),
      )
    },
    connect,
    fetchMaterial: (call) => {
      const sent = isEnrolled(deps, peerOf(call)).then(() => sendMaterial(deps, call))
      sent.catch((error: unknown) => endWithStatus(call, serviceError(error, deps.log)))
    },
    uploadEvidence: (call, callback) => {
      isEnrolled(deps, peerOf(call))
        .then((peer) => deps.evidence.keep(peer.deviceId, call))
        .then(
          (evidenceId) => callback(null, { evidenceId: String(evidenceId) }),
          (error: unknown) => callback(serviceError(error, deps.log)),
        )
    },
  }
}

/** The device of a call's client certificate; its signature was checked when the socket opened. */
function peerOf(call: {
  getAuthContext(): { sslPeerCertificate?: { subject?: { CN?: string | string[] }; serialNumber?: string } }
}): PeerIdentity | undefined {
  const certificate = call.getAuthContext().sslPeerCertificate
  const deviceId = Number(/^device-(\d+)$/.exec(String(certificate?.subject?.CN ?? ''))?.[1])
  if (!Number.isInteger(deviceId) || !certificate?.serialNumber) return undefined
  return { deviceId, serial: normalSerial(certificate.serialNumber) }
}

async function isEnrolled(deps: AgentServiceDeps, peer: PeerIdentity | undefined): Promise<PeerIdentity> {
  if (peer && (await deps.enrolment.isEnrolled(peer.deviceId, peer.serial))) return peer
  throw new MusterError(
    'UNAUTHENTICATED',
    'this certificate does not speak for a device, or the device is disabled; enrol it or let an operator enable it',
  )
}

const GRPC_STATUS: Readonly<Record<string, status>> = {
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  FORBIDDEN: status.PERMISSION_DENIED,
  INVALID_REQUEST: status.INVALID_ARGUMENT,
  UNSUPPORTED_MEDIA: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  PAYLOAD_TOO_LARGE: status.RESOURCE_EXHAUSTED,
}

const noCertificate = (): Partial<ServiceError> => ({
  code: status.UNAUTHENTICATED,
  details: 'a client certificate is needed; Enroll gives one',
  metadata: new Metadata(),
})

/** Ours with their text; anything else without. */
export function serviceError(error: unknown, log: Logger): Partial<ServiceError> {
  if (error instanceof MusterError)
    return {
      code: GRPC_STATUS[error.code] ?? status.FAILED_PRECONDITION,
      details: error.message,
      metadata: new Metadata(),
    }
  log.error({ err: error }, 'an agent call failed')
  return { code: status.INTERNAL, details: 'something went wrong in the plane', metadata: new Metadata() }
}
