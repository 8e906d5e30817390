import type { GatewayConnection } from "./connection.ts";
import type { GatewayArgument, GatewayValue, ObjectReference } from "./protocol.ts";
import { reference } from "./values.ts";

/** The one stream of random numbers that everything in the simulator draws from; the simulator seeds it when it loads a task. */
export interface RandomStream {
  /**
   * Calls a method that draws random numbers, and gives it others, the same ones every time. So what it answers follows
   * from the state alone, and what comes after it is as if it had not been called.
   */
  aside(
    target: ObjectReference,
    method: string,
    ...values: readonly GatewayArgument[]
  ): Promise<GatewayValue>;
}

export async function openRandomStream(gateway: GatewayConnection): Promise<RandomStream> {
  const singletonClass = await classNamed(gateway, "scala.util.Random$");
  const moduleField = reference(await gateway.call(singletonClass, "getField", "MODULE$"));
  // The field is static, so from whom it is read does not matter.
  const singleton = reference(await gateway.call(moduleField, "get", singletonClass));
  const randomClass = await classNamed(gateway, "scala.util.Random");
  const field = reference(await gateway.call(randomClass, "getDeclaredField", "self"));
  await gateway.call(field, "setAccessible", true);
  const own = reference(await gateway.call(field, "get", singleton));
  const other = await gateway.construct("java.util.Random");
  await Promise.all([singletonClass, moduleField, randomClass].map((made) => gateway.release(made)));
  return {
    aside: async (target, method, ...values) => {
      // Sent together, so that the stream is put back whatever becomes of the call.
      const [, , answer] = await Promise.all([
        gateway.call(other, "setSeed", 0),
        gateway.call(field, "set", singleton, other),
        gateway.call(target, method, ...values),
        gateway.call(field, "set", singleton, own),
      ]);
      return answer;
    },
  };
}

async function classNamed(gateway: GatewayConnection, name: string): Promise<ObjectReference> {
  return reference(await gateway.call("z:java.lang.Class", "forName", name));
}
