import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/** The job in Flink SQL: the tumbling window function, read to the end of the topic. */
public final class UserAggregates {
  private static final String EVENTS =
      """
      CREATE TABLE events (
        user_id BIGINT,
        `timestamp` TIMESTAMP_LTZ(3),
        amount DOUBLE,
        WATERMARK FOR `timestamp` AS `timestamp` - INTERVAL '10' SECOND
      ) WITH (
        'connector' = 'kafka',
        'properties.bootstrap.servers' = '%s',
        'topic' = '%s',
        'scan.startup.mode' = 'earliest-offset',
        'scan.bounded.mode' = 'latest-offset',
        'format' = 'json',
        'json.timestamp-format.standard' = 'ISO-8601',
        'json.ignore-parse-errors' = 'true'
      )
      """;

  private static final String RESULTS =
      """
      CREATE TABLE results (
        user_id BIGINT,
        window_start TIMESTAMP(3),
        window_end TIMESTAMP(3),
        `count` BIGINT,
        amount_count BIGINT,
        total_amount DOUBLE,
        avg_amount DOUBLE
      ) WITH (
        'connector' = 'kafka',
        'properties.bootstrap.servers' = '%s',
        'properties.linger.ms' = '100',
        'properties.batch.size' = '200000',
        'topic' = '%s',
        'format' = 'json',
        'key.format' = 'raw',
        'key.fields' = 'user_id',
        'json.timestamp-format.standard' = 'ISO-8601'
      )
      """;

  private static final String AGGREGATE =
      """
      INSERT INTO results
      SELECT user_id, window_start, window_end,
             COUNT(*), COUNT(amount), SUM(amount), AVG(amount)
      FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(`timestamp`), INTERVAL '5' MINUTES))
      GROUP BY user_id, window_start, window_end
      """;

  public static void main(String[] arguments) throws Exception {
    Configuration configuration = new Configuration();
    configuration.setString("parallelism.default", "1");
    configuration.setString("pipeline.object-reuse", "true");
    // A machine that has other work to do must not make it give up.
    configuration.setString("heartbeat.timeout", "10 min");
    configuration.setString("table.local-time-zone", "UTC");
    TableEnvironment tables =
        TableEnvironment.create(
            EnvironmentSettings.newInstance()
                .inStreamingMode()
                .withConfiguration(configuration)
                .build());
    String bootstrap = System.getenv("BOOTSTRAP");
    tables.executeSql(EVENTS.formatted(bootstrap, System.getenv("INPUT_TOPIC")));
    tables.executeSql(RESULTS.formatted(bootstrap, System.getenv("OUTPUT_TOPIC")));
    tables.executeSql(AGGREGATE).await();
  }
}
