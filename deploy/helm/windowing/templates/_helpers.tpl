{{- define "windowing.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" (.Release.Name | trunc 30 | trimSuffix "-") .Chart.Name -}}
{{- end -}}
{{- end -}}

{{- define "windowing.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "windowing.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "windowing.selectorLabels" . }}
{{- end -}}

{{- define "windowing.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "windowing.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "windowing.fullname" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end -}}

{{- /* The Secret with kafka.properties; empty: there is none. */ -}}
{{- define "windowing.kafkaSecret" -}}
{{- if .Values.kafka.existingSecret -}}
{{ .Values.kafka.existingSecret }}
{{- else if .Values.kafka.config -}}
{{ include "windowing.fullname" . }}-kafka
{{- end -}}
{{- end -}}

{{- /*
A port that only pods of one image, number and configuration share. Bytewax does not notice when
processes that were told of different clusters meet: they wait for ever, or worse.
*/ -}}
{{- define "windowing.clusterPort" -}}
{{- $kind := list (include "windowing.image" .) (int .Values.replicas) .Values.kafka .Values.settings .Values.store .Values.extraEnv -}}
{{- $digits := regexReplaceAll "[a-f]" ($kind | toJson | sha256sum) "" | trunc 4 -}}
{{- add 20000 (atoi $digits) -}}
{{- end -}}

{{- /* Full names: kubelet puts a pod's own into its /etc/hosts, before DNS knows it. */ -}}
{{- define "windowing.addresses" -}}
{{- $name := include "windowing.fullname" . -}}
{{- $domain := printf "%s.%s.svc.%s" $name .Release.Namespace .Values.clusterDomain -}}
{{- $port := include "windowing.clusterPort" . -}}
{{- $addresses := list -}}
{{- range $pod := until (int .Values.replicas) -}}
{{- $addresses = append $addresses (printf "%s-%d.%s:%s" $name $pod $domain $port) -}}
{{- end -}}
{{- join ";" $addresses -}}
{{- end -}}

{{- define "windowing.identity" -}}
- name: BYTEWAX_POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: BYTEWAX_RECOVERY_DIRECTORY
  value: /var/lib/windowing/store
{{- end -}}

{{- define "windowing.confinement" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- /* What the schema cannot say in words. */ -}}
{{- define "windowing.refuse" -}}
{{- if not (contains "windowing" (include "windowing.fullname" .)) -}}
{{- fail (printf "fullnameOverride=%s does not hold the word windowing, by which the alert rules find the job: write orders-windowing, say" .Values.fullnameOverride) -}}
{{- end -}}
{{- with .Values.kafka -}}
{{- if and .existingSecret (or .config .files) -}}
{{- fail (printf "kafka.existingSecret=%s and kafka.config or kafka.files are both set: put all into that Secret, or remove existingSecret" .existingSecret) -}}
{{- end -}}
{{- if and .files (not .config) -}}
{{- fail "kafka.files is set without kafka.config, which would name them: add it, or remove the files" -}}
{{- end -}}
{{- end -}}
{{- end -}}
