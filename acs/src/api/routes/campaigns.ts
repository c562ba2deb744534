import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { listCampaigns, readCampaign } from "../../campaigns/read-campaigns.ts";
import { listCampaignDevices } from "../../campaigns/read-devices.ts";
import { readUpdate } from "../../campaigns/read.ts";
import { actorOf } from "../authorise.ts";
import { refusals } from "../refusals.ts";
import {
  Campaign,
  CampaignDevice,
  CampaignDevicesQuery,
  CampaignSteering,
  NewCampaign,
  page,
  Update,
  UpdateReason,
  UuidParams,
} from "../schemas.ts";
import type { Services } from "../services.ts";

const tags = ["firmware"];

const acts = {
  cancel: "Take an update back; the device refuses once the new image is chosen for its next start",
  agree: "Tell a device that its subscriber agreed to an update that waits for that",
  confirm: "Keep the image that is on trial, whatever it still waits for",
  recall: "Leave the image for the one before: ends its trial, or goes back from a committed one",
} as const;

/** Updates of many devices, and what can be done to one that was ordered. */
export const campaignRoutes: FastifyPluginAsyncZod<Services> = async (app, { db, campaigns }) => {
  for (const act of ["cancel", "agree", "confirm", "recall"] as const) {
    app.route({
      method: "POST",
      url: `/updates/:id/${act}`,
      schema: {
        tags,
        summary: acts[act],
        description:
          "Answers with the update that tells how it goes on: a recall from a committed image has one of its own.",
        params: UuidParams,
        body: UpdateReason,
        response: { 202: Update, ...refusals(400, 404, 409) },
      },
      async handler(request, reply) {
        const { id } = request.params;
        const by = { actor: actorOf(request).name, reason: request.body.reason };
        const follows = await campaigns.act(id, act, by);
        return reply
          .code(202)
          .header("location", `/api/updates/${follows}`)
          .send(await readUpdate(db, follows));
      },
    });
  }

  app.route({
    method: "GET",
    url: "/campaigns",
    schema: { tags, summary: "Campaigns, newest first", response: { 200: page(Campaign), ...refusals() } },
    handler: async () => ({ items: await listCampaigns(db), next: null }),
  });

  app.route({
    method: "POST",
    url: "/campaigns",
    config: { access: "admin" },
    schema: {
      tags,
      summary: "Offer an image to many devices, wave by wave",
      description:
        "The devices of a wave are drawn by lot. A wave begins when the one before is over and has rested; too many failures stop the campaign. Devices whose terms do not allow a forced update are passed over, and those whose terms want notice wait for it. Where this ACS has a release root, an image that no current release lists is refused; a campaign whose release is taken back pauses.",
      body: NewCampaign,
      response: { 201: Campaign, ...refusals(400, 403, 404, 409, 422) },
    },
    async handler(request, reply) {
      const id = await campaigns.rollouts.create(request.body, actorOf(request).name);
      return reply
        .code(201)
        .header("location", `/api/campaigns/${id}`)
        .send(await readCampaign(db, id));
    },
  });

  app.route({
    method: "GET",
    url: "/campaigns/:id",
    schema: {
      tags,
      summary: "A campaign and how its waves go",
      params: UuidParams,
      response: { 200: Campaign, ...refusals(400, 404) },
    },
    handler: (request) => readCampaign(db, request.params.id),
  });

  app.route({
    method: "GET",
    url: "/campaigns/:id/devices",
    schema: {
      tags,
      summary: "A campaign's devices, wave by wave: where each stands, and why",
      params: UuidParams,
      querystring: CampaignDevicesQuery,
      response: { 200: page(CampaignDevice), ...refusals(400, 404) },
    },
    async handler(request) {
      const { id } = await readCampaign(db, request.params.id);
      return listCampaignDevices(db, id, request.query);
    },
  });

  app.route({
    method: "PATCH",
    url: "/campaigns/:id",
    config: { access: "admin" },
    schema: {
      tags,
      summary: "Pause, go on with, or cancel a campaign",
      description:
        "Updates that are ordered go on; each can be cancelled by itself. An aborted campaign may go on.",
      params: UuidParams,
      body: CampaignSteering,
      response: { 200: Campaign, ...refusals(400, 403, 404, 409) },
    },
    async handler(request) {
      const { id } = request.params;
      await campaigns.rollouts.steer(id, request.body.state, actorOf(request).name);
      return readCampaign(db, id);
    },
  });
};
