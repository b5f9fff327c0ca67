// What Node takes before anything is loaded.
setInterval(() => undefined, 3_600_000);
