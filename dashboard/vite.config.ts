import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Built files lie below `/dashboard/`; the server fills in the nonce of `index.html`. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/dashboard/",
  plugins: [react(), gzipped()],
  resolve: { conditions: ["latchkey-src", "module", "browser", "production"] },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: true,
    // Inlined files would be `data:` addresses, which the page's policy does not load.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
});

/** Puts beside each program and style what the server sends of it; as it was written in the end. */
function gzipped(): Plugin {
  return {
    name: "gzipped",
    writeBundle({ dir = "" }, bundle) {
      for (const name of Object.keys(bundle).filter((each) => /\.(?:js|css)$/.test(each))) {
        const file = path.join(dir, name);
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}
