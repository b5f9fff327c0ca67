import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Built files lie below `/dashboard/`; the server fills in the nonce of `index.html`. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/dashboard/",
  plugins: [react(), compressed()],
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
function compressed(): Plugin {
  return {
    name: "compressed",
    writeBundle({ dir = "" }, bundle) {
      for (const name of Object.keys(bundle).filter((each) => /\.(?:js|css)$/.test(each))) {
        const file = path.join(dir, name);
        const content = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(content));
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}
