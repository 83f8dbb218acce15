{{/*
The environment of every Tagbeat container.
*/}}
{{- define "tagbeat.environment" -}}
{{- $settings := .Values.settings }}
env:
  {{- if .Values.postgresql.enabled }}
  - name: DATABASE_URL
    value: postgresql://tagbeat@{{ include "tagbeat.fullname" . }}-postgresql/tagbeat
  # libpq reads it; so the password may hold any character.
  - name: PGPASSWORD
    valueFrom:
      secretKeyRef:
        name: {{ include "tagbeat.postgresqlSecret" . }}
        key: {{ .Values.postgresql.key }}
  {{- else }}
  - name: DATABASE_URL
    valueFrom:
      secretKeyRef:
        name: {{ default (printf "%s-database" (include "tagbeat.fullname" .)) .Values.database.existingSecret }}
        key: {{ ternary .Values.database.key "DATABASE_URL" (ne .Values.database.existingSecret "") }}
  {{- end }}
  {{- with .Values.adminToken }}
  {{- if .existingSecret }}
  - name: TAGBEAT_ADMIN_TOKEN
    valueFrom:
      secretKeyRef:
        name: {{ .existingSecret }}
        key: {{ .key }}
  {{- end }}
  {{- end }}
  {{- if .Values.config }}
  - name: TAGBEAT_CONFIG
    value: /etc/tagbeat/config.yaml
  {{- end }}
  {{- if .Values.registryCredentials.existingSecret }}
  - name: DOCKER_CONFIG
    value: /etc/tagbeat-docker
  {{- end }}
  {{- with include "tagbeat.publicURL" . }}
  {{- if not (hasKey $settings "TAGBEAT_PUBLIC_URL") }}
  - name: TAGBEAT_PUBLIC_URL
    value: {{ . | quote }}
  {{- end }}
  {{- end }}
  {{- range $name, $value := $settings }}
  - name: {{ $name }}
    {{- /* A large number would else be written as 1e+06. */}}
    value: {{ ternary $value ($value | int64) (kindIs "string" $value) | quote }}
  {{- end }}
  {{- with .Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  - name: data
    mountPath: /var/lib/tagbeat
  {{- if .Values.config }}
  - name: config
    mountPath: /etc/tagbeat
    readOnly: true
  {{- end }}
  {{- if .Values.registryCredentials.existingSecret }}
  - name: registry-credentials
    mountPath: /etc/tagbeat-docker
    readOnly: true
  {{- end }}
  {{- with .Values.volumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/*
A pod template: "role" is web or worker, "command" Tagbeat's command, "root" the chart's context.
*/}}
{{- define "tagbeat.pod" -}}
{{- $root := .root }}
{{- $values := index $root.Values .role }}
metadata:
  labels:
    {{- include "tagbeat.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .role }}
  annotations:
    checksum/config: {{ toYaml $root.Values.config | sha256sum }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "tagbeat.serviceAccount" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile:
      type: RuntimeDefault
  terminationGracePeriodSeconds: 30
  {{- if or $root.Values.split $root.Values.postgresql.enabled }}
  initContainers:
    {{- if $root.Values.postgresql.enabled }}
    - name: wait-for-postgresql
      image: {{ include "tagbeat.image" $root | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [/bin/bash, -c]
      args: ['until (: </dev/tcp/"$0"/5432) 2>/dev/null; do echo "waiting for $0"; sleep 2; done', {{ include "tagbeat.fullname" $root }}-postgresql]
      securityContext:
        {{- include "tagbeat.containerSecurity" $root | nindent 8 }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
    {{- end }}
    {{- if $root.Values.split }}
    # `run` migrates by itself; here whoever comes first does, and the others wait for its lock.
    - name: migrate
      image: {{ include "tagbeat.image" $root | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: [migrate]
      securityContext:
        {{- include "tagbeat.containerSecurity" $root | nindent 8 }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      {{- include "tagbeat.environment" $root | nindent 6 }}
    {{- end }}
  {{- end }}
  containers:
    - name: tagbeat
      image: {{ include "tagbeat.image" $root | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: [{{ .command }}]
      securityContext:
        {{- include "tagbeat.containerSecurity" $root | nindent 8 }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      {{- if eq .role "web" }}
      ports:
        - name: http
          containerPort: 8080
      # Migrations of a large database may take their time before the page answers.
      startupProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 5
        failureThreshold: 120
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 20
        timeoutSeconds: 5
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
      {{- end }}
      {{- include "tagbeat.environment" $root | nindent 6 }}
  volumes:
    - name: tmp
      emptyDir: {}
    - name: data
      emptyDir: {}
    {{- if $root.Values.config }}
    - name: config
      configMap:
        name: {{ include "tagbeat.fullname" $root }}
    {{- end }}
    {{- with $root.Values.registryCredentials.existingSecret }}
    - name: registry-credentials
      secret:
        secretName: {{ . }}
        items:
          - key: .dockerconfigjson
            path: config.json
    {{- end }}
    {{- with $root.Values.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
