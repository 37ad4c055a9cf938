import { find } from "./lib/catalogue.mjs";

// The event of a function URL or an HTTP API (payload 2.0): the answer is an HTTP response.
export const handler = async (event) => {
  const { method } = event.requestContext.http;
  if (method !== "GET") return respond(405, { error: `${method} is not allowed` });

  const sku = event.queryStringParameters?.sku;
  if (!sku) return respond(400, { error: "Add ?sku=… to the address" });

  const product = find(sku);
  return product ? respond(200, product) : respond(404, { error: `There is no ${sku}` });
};

const respond = (statusCode, body) => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
