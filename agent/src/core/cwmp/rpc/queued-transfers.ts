import { cpeFault, type Rpc } from "./rpc.ts";

/** cwmp-1-2.xsd: a list holds 16 transfers at most. */
const maximumListed = 16;

/** TR-069 A.4.1.7. */
export const getAllQueuedTransfers: Rpc<"GetAllQueuedTransfers"> = (_request, { transfers }) => ({
  body: { method: "GetAllQueuedTransfersResponse", transfers: transfers.list().slice(0, maximumListed) },
});

/** TR-069 A.4.1.1: the same without the kind of file, for an ACS of cwmp-1-0. */
export const getQueuedTransfers: Rpc<"GetQueuedTransfers"> = (_request, { transfers }) => {
  const listed = transfers.list().slice(0, maximumListed);
  return {
    body: {
      method: "GetQueuedTransfersResponse",
      transfers: listed.map(({ commandKey, state }) => ({ commandKey, state })),
    },
  };
};

/** TR-069 A.4.1.9. */
export const cancelTransfer: Rpc<"CancelTransfer"> = ({ commandKey }, { transfers }) => {
  const refusal = transfers.cancel(commandKey);
  if (refusal !== undefined) return { body: cpeFault(refusal.faultCode, refusal.faultString) };
  return { body: { method: "CancelTransferResponse" } };
};
