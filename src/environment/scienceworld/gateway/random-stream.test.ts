import { expect, it } from "vitest";
import { needsSimulator, requireTestJar, testJar } from "../test-simulator.test-helpers.ts";
import { GatewayConnection } from "./connection.ts";
import { startJava } from "./java-process.ts";
import { openRandomStream } from "./random-stream.ts";
import { reference } from "./values.ts";

it.skipIf(testJar === undefined)(
  `a call aside takes no random numbers away, and gets the same ones every time (${needsSimulator})`,
  async () => {
    await using java = await startJava({ jar: requireTestJar().file, flags: ["-Xmx64m"] });
    await using gateway = await GatewayConnection.open(java.port, 60_000);
    const stream = await openRandomStream(gateway);
    const singletonClass = reference(
      await gateway.call("z:java.lang.Class", "forName", "scala.util.Random$"),
    );
    const field = reference(await gateway.call(singletonClass, "getField", "MODULE$"));
    const random = reference(await gateway.call(field, "get", singletonClass));
    const draw = () => gateway.call(random, "nextInt", 1_000_000);

    await gateway.call(random, "setSeed", 7);
    const undisturbed = [await draw(), await draw()];
    await gateway.call(random, "setSeed", 7);
    const first = await draw();
    const aside = [await stream.aside(random, "nextInt", 1_000_000)];
    await expect(stream.aside(random, "nextInt", -1)).rejects.toThrow(/nextInt/);
    aside.push(await stream.aside(random, "nextInt", 1_000_000));
    expect([first, await draw()]).toEqual(undisturbed);
    expect(aside[1]).toBe(aside[0]);
  },
  60_000,
);
