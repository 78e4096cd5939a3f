/*
 * In: settings as key=value. Out: one Elasticsearch node of the official server, until standard input closes or a signal comes.
 * Called by: elasticsearch.ts, as a source file, with the server's libraries as module path.
 *
 * The official distribution's launcher is not published as a library; this starts the same node without its installer, keystore and
 * operating-system limits, which a test server needs none of.
 */
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginBundle;
import org.elasticsearch.plugins.PluginsLoader;

public class ElasticsearchNode {
  public static void main(String[] arguments) throws Exception {
    Settings.Builder settings = Settings.builder();
    for (String argument : arguments) {
      int at = argument.indexOf('=');
      settings.put(argument.substring(0, at), argument.substring(at + 1));
    }
    LogConfigurator.configureESLogging();
    Path config = Path.of(settings.get("path.home")).resolve("config");
    Environment environment =
        InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), config, () -> "node");
    LogConfigurator.configure(environment, true);
    PluginsLoader plugins =
        PluginsLoader.createPluginsLoader(modules(environment.modulesDir()), Set.of(), Map.of());
    Node node = new Node(environment, plugins);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(node)));
    node.start();
    // The starter holds our standard input open as long as it lives: a crashed test leaves no server behind.
    while (System.in.read() >= 0) {
      continue;
    }
    System.exit(0);
  }

  /** Newer servers ask whether they are stateless as well; one source serves both series. */
  @SuppressWarnings("unchecked")
  private static Set<PluginBundle> modules(Path directory) throws ReflectiveOperationException {
    for (Method method : PluginsLoader.class.getMethods()) {
      if (!method.getName().equals("loadModulesBundles")) continue;
      Object bundles =
          method.getParameterCount() == 1 ? method.invoke(null, directory) : method.invoke(null, directory, false);
      return (Set<PluginBundle>) bundles;
    }
    throw new NoSuchMethodException("loadModulesBundles");
  }

  private static void stop(Node node) {
    try {
      node.prepareForClose();
      node.close();
      node.awaitClose(10, TimeUnit.SECONDS);
    } catch (Exception error) {
      error.printStackTrace();
    }
  }
}
