// Container images for tests: an OCI image layout as a tar.

import { createHash } from "node:crypto";

const hex = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** A file in a tar. */
function entry(path, content) {
  const header = Buffer.alloc(512);
  header.write(path, 0);
  header.write(content.length.toString(8).padStart(11, "0"), 124);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  header.fill(" ", 148, 156);
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0`, 148);
  return Buffer.concat([header, content, Buffer.alloc(-content.length & 511)]);
}

/** An image of files by their paths. */
export function image(files, config) {
  const end = Buffer.alloc(1024);
  const layer = Buffer.concat([...Object.entries(files).map(([path, content]) => entry(path, content)), end]);
  const blobs = [];
  const blob = (kind, bytes) => {
    blobs.push(entry(`blobs/sha256/${hex(bytes)}`, bytes));
    return { mediaType: `application/vnd.oci.image.${kind}`, digest: `sha256:${hex(bytes)}`, size: bytes.length };
  };
  const json = (value) => Buffer.from(JSON.stringify(value));
  const layers = [blob("layer.v1.tar", layer)];
  const whole = { config, rootfs: { type: "layers", diff_ids: [`sha256:${hex(layer)}`] } };
  const manifest = blob("manifest.v1+json", json({ schemaVersion: 2, config: blob("config.v1+json", json(whole)), layers }));
  const index = json({ schemaVersion: 2, manifests: [manifest] });
  return Buffer.concat([entry("oci-layout", json({ imageLayoutVersion: "1.0.0" })), entry("index.json", index), ...blobs, end]);
}
