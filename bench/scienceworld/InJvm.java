import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import scienceworld.runtime.pythonapi.PythonInterface;

/**
 * The simulator's own rate: the loop inside the JVM, without any client.
 * `java -cp scienceworld.jar InJvm.java EPISODES`; each line "steps" or "actions" on standard input plays all episodes once.
 */
public class InJvm {
    record Episode(String task, int variation, List<String> actions) {}

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        List<Episode> episodes = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] fields = line.split("\t");
            episodes.add(new Episode(fields[0], Integer.parseInt(fields[1]), List.of(fields).subList(2, fields.length)));
        }
        PythonInterface simulator = new PythonInterface();
        BufferedReader asked = new BufferedReader(new InputStreamReader(System.in));
        for (String mode = asked.readLine(); mode != null; mode = asked.readLine()) {
            answers.println(play(simulator, episodes, mode.equals("actions")));
            answers.flush();
        }
        System.exit(0);
    }

    static String play(PythonInterface simulator, List<Episode> episodes, boolean listsActions) {
        CRC32 checksum = new CRC32();
        long steps = 0;
        long nanoseconds = 0;
        for (Episode episode : episodes) {
            simulator.load(episode.task(), episode.variation(), "easy", false);
            simulator.reset();
            simulator.getTaskDescription();
            simulator.step("look around");
            for (String action : episode.actions()) {
                long start = System.nanoTime();
                String observation = simulator.step(action);
                simulator.getScore();
                simulator.getCompleted();
                if (listsActions) simulator.getValidActionObjectCombinations();
                nanoseconds += System.nanoTime() - start;
                checksum.update(observation.getBytes(StandardCharsets.UTF_8));
                steps += 1;
            }
        }
        return "{\"steps\":" + steps + ",\"seconds\":" + nanoseconds / 1e9 + ",\"checksum\":" + checksum.getValue() + "}";
    }
}
